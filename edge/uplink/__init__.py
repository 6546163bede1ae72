"""From the spool to the broker.

One thread, the sender's, owns everything here: session, queues, retained messages. Others reach it through
the queue of connection events only: paho's thread puts in what happens on a connection, the spool's writer
wakes it after a commit. A cycle of the sender goes through these steps:

1. Connection events, as many as wait, in their order. PUBACKs first of all make room in the window, and a
   lost connection is noticed before anything is handed to it.
2. Redelivery: what consumers asked for, or lack for long, becomes unsent in the spool again.
3. Status: state, minute, hour and day become retained messages, where they have changed.
4. What was acknowledged is marked in the spool, then the window is filled: retained messages, so that
   whoever reads on knows the device's state; gaps, so that nobody asks for what will never come; events,
   the new ones before the backlog.
5. The connection is given up where its thread has died or an acknowledgement is overdue.

An event counts as sent once a PUBACK came whose reason code is no refusal, subscribers or not. Whatever was
in flight when a connection was lost is still unsent in the spool and goes over the next one, under the same
id: consumers get every event at least once.
"""
