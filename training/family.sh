#!/usr/bin/env bash
# A whole family on this machine's GPUs: train, decompose and refine, measure.
#   training/family.sh GPUS OUT SECONDS REFINE_SECONDS DATA NATURAL [options of training.train ...]
# DATA holds tokenizer.json and held-out.jsonl, NATURAL what training.natural_text wrote.
# OUT gets the family in `nano`, what it is compared with beside it, report.json and curve.json.
set -euo pipefail
gpus=$1 out=$2 seconds=$3 refine=$4 data=$5 natural=$6
shift 6
export PYTHONUNBUFFERED=1
mkdir -p "$out"
both=(--tokenizer "$data/tokenizer.json" --natural "$natural" --checkpoint "$out/phase-1.pt")
torchrun --standalone --nproc-per-node "$gpus" -m training.train --seconds "$seconds" --decay 200 --out "$out/dense" "${both[@]}" "$@"
refine() { torchrun --standalone --nproc-per-node "$gpus" -m training.refine --seconds "$refine" --out "$out/nano" "${both[@]}" "$@"; }
refine || refine --eager
CUDA_VISIBLE_DEVICES=$((gpus - 1)) python3 -m training.curve "$out/nano" "$data" "$out/curve.json" &
CUDA_VISIBLE_DEVICES=0 python3 -m training.evaluate "$out/nano" "$data" "$out/report.json" "$natural"
wait
echo "family done"
