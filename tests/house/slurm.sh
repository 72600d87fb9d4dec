#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the job scripts with an `extract` that only tells how it was called:  slurm.sh SOURCE_DIR [EXTRACT]
# With EXTRACT, every option must be one of that program's.
set -euo pipefail
program=${2:+$(realpath "$2")}
cd "$1"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "slurm: $*" >&2; exit 1; }
cat >"$folder/extract" <<'SCRIPT'
#!/usr/bin/env bash
trap 'echo stopped; exit 75' USR1
echo "$@" >>"$CALLS"
if [ -n "${WAIT:-}" ]; then
  touch "$WAIT"
  for _ in $(seq 200); do sleep 0.05; done
fi
SCRIPT
chmod +x "$folder/extract"
export CALLS=$folder/calls PATH=$folder:$PATH
export PROBLEMS=problems.jsonl STEP=variance OPTIONS="--samples 8"
for word in phiid ablate sampling; do
  script=docs/slurm/$word.sbatch
  for option in '--signal=B:USR1@120' '--requeue' '--array=0-[0-9]*$'; do
    grep -qE "^#SBATCH $option" "$script" || fail "$script: no #SBATCH $option"
  done
  : >"$CALLS"
  MODEL='a model' RUN='a run' TEXTS='some texts' RANKING=r.csv bash "$script"
  input='--prompts datasets/phiid/prompts.jsonl'
  if [ "$word" = ablate ]; then input='--texts some texts'; fi
  if [ "$word" = sampling ]; then input='--problems problems.jsonl --steps variance --samples 8'; fi
  grep -q "^$word --model a model --out a run $input .*--shard slurm$" "$CALLS" ||
    fail "$script: called extract $(cat "$CALLS")"
  if [ -n "$program" ]; then
    "$program" "$word" --help >"$folder/help"
    for option in $(grep -oE -- ' --[a-z-]+' "$CALLS"); do
      grep -qE -- "^ +(-[a-zA-Z],)?$option( |$)" "$folder/help" || fail "$script: extract $word has no $option"
    done
  fi
  if MODEL=m TEXTS=t RANKING=r.csv bash "$script" 2>"$folder/error"; then fail "$script: goes on without RUN"; fi
  grep -q 'RUN: is not set' "$folder/error" || fail "$script: does not say that RUN is missing"

  # The signal that Slurm sends to the script reaches extract, and its exit status is the job's.
  rm -f "$folder/waiting"
  MODEL=m RUN=r TEXTS=t RANKING=r.csv WAIT=$folder/waiting bash "$script" >"$folder/out" &
  job=$!
  for _ in $(seq 200); do [ -e "$folder/waiting" ] && break; sleep 0.05; done
  kill -USR1 "$job"
  status=0
  wait "$job" || status=$?
  [ "$status" -eq 75 ] || fail "$script: ended with $status after USR1, expected 75"
  grep -q stopped "$folder/out" || fail "$script: the signal did not reach extract"
done
echo "slurm: all job scripts hand over to extract"
