#!/usr/bin/env bash
# One slice on this machine's GPUs: train, export, evaluate, pack.
#   training/slice.sh GPUS OUT [options of training.train ...]
# OUT gets the log, report.json and the export as nano.tar in parts of 15 MB.
set -euo pipefail
gpus=$1 out=$2
shift 2
export PYTHONUNBUFFERED=1
rm -rf /tmp/nano-export
torchrun --standalone --nproc-per-node "$gpus" -m training.train --out /tmp/nano-export "$@" 2>&1 | tee "$out/train.log"
tar -C /tmp/nano-export -cf /tmp/nano.tar .
split -b 15000000 /tmp/nano.tar "$out/nano.tar."
python3 -m training.evaluate /tmp/nano-export packages/family-nano "$out/report.json" 2>&1 | tee "$out/evaluate.log"
