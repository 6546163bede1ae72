#!/bin/sh
# Prints each verdict once, as it comes: time, topic, verdict, direction.
#   apt install mosquitto-clients jq
#   sh subscriber.sh localhost
# The broker keeps what comes while this is away, for a day. A repeated delivery has the same topic and id, and
# is left out as long as this runs.
set -eu
mosquitto_sub -h "${1:-localhost}" -p "${2:-1883}" -V mqttv5 -q 1 -i verdicts-to-shell -c -x 86400 \
    -t 'maskgate/+/+/event' -F '%J' |
    jq --unbuffered -rn '
        foreach inputs as $message ({seen: {}};
            ($message.topic + " " + $message.payload.id) as $key
            | {event: $message, new: (.seen[$key] | not), seen: (.seen + {($key): true})};
            select(.new).event
            | [.payload.wall_time, .topic, .payload.verdict, .payload.direction // "unknown"] | @tsv)'
