#!/bin/bash
# ssh.sh FOLDER RUN.TOML HOST...: a shard on each host, in FOLDER, which all of them see; then the tables.
set -eu
folder=$1 config=$2
shift 2
count=$# number=0 pids=()
for host in "$@"; do
    number=$((number + 1))
    ssh "$host" "cd '$folder' && python -m driver run --config='$config' --shard=$number/$count" &
    pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
results=$(cd "$folder" && python -m driver config --config="$config" --json |
    python -c 'import json, sys; print(json.load(sys.stdin)["results"])')
cd "$folder" && python -m driver aggregate --results="$results"
exit $failed
