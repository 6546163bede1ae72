"""Changed and drawn faces: light, blur, masks put on and partly taken off, hands and scarves."""
