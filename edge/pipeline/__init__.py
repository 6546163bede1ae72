"""From frame to lamp and outbox; the pipeline knows the world through `ports` only.

Theory of operation. The driver (the daemon's vision service, or a command) iterates over
`Pipeline.cycles`; nothing here has a thread, a timer or a device. One cycle is:

1. The source gives a frame, or says that it is blind. A live source does so at least once a second,
   so that lamp, tracker and watchdog go on without pictures.
2. The analyzer finds the faces of the frame and labels each. A blind cycle has no faces.
3. The tracker takes the faces in, with the frame's time: it settles, revises and closes passes, and
   gives the verdicts that came of it.
4. The reporter makes an event of each verdict and appends it to the outbox, BEFORE it changes the
   lamp: what people are shown has been accepted for sending. Blindness and lamp go to the outbox as
   the device's state.
5. Observers look at the cycle, and the driver acts between two cycles: only there are models exchanged.

Whoever stops the driver gets one more cycle, which closes the open passes; then the lamp goes dark.
"""
