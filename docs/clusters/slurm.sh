#!/bin/bash
#SBATCH --job-name=darkreplay
#SBATCH --array=1-40
#SBATCH --cpus-per-task=8
#SBATCH --mem=16G
#SBATCH --output=darkreplay-%a.log
# sbatch slurm.sh RUN.TOML; then, once all tasks have ended:  python -m driver aggregate --results=...
set -eu
exec python -m driver run --config="$1" \
    --shard="$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --max_workers="$SLURM_CPUS_PER_TASK"
