"""The daemon: services made from a configuration, started, checked once a cycle, and stopped.

Threads, and what each owns; nobody else touches it:

- main: the loop of `vision_service` with models, tracker, reporter and lamps, and the start and stop of
  all services. While the loop runs it waits for no network, and for the disk only when a bundle is
  counted on trial or taken into use.
- capture (`edge.camera.live`): the open camera. It leaves the newest frame in `LatestFrame` and takes
  back the memory of older ones.
- maskgate-spool (`edge.spool.writer`): the SQLite file. Others put work into its queue; who needs an
  answer waits for a Future.
- maskgate-uplink (`edge.uplink.uplink`): session, queues and retained messages. It asks the spool, is
  woken by it after each commit, and takes minutes from the main thread by `MinuteQueue`.
- paho's own, one for each connection (`edge.mqtt.paho_client`): the socket to the broker. Its callbacks put
  events into the uplink's `ConnectionEventQueue` and do nothing else.
- the control socket's, one that accepts and one for each tool that asks (`edge.spool.control.server`):
  the tool's connection. They ask the spool like everybody else. Who asks for a picture of the live view
  (`edge.vision.live_view`) pixelates and encodes it here; the main thread only hands the frame over.
- maskgate-link (`edge.spool.control.link_client`), in the process that sends only: the latest snapshot of
  the other process's spool.
- gpiozero's and the timer of the lamp test (`edge.indicator.gpio`): blinking and the end of the test,
  under the indicator's lock.

Signals set events that the main thread looks at after a cycle. The mute of the buzzer is one number that
the uplink's thread writes and the main thread reads.
"""
