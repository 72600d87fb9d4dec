#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the job scripts with an `extract` that only tells how it was called:  slurm.sh SOURCE_DIR [EXTRACT]
# With EXTRACT, every option must be one of that program's. A real Slurm: tools/reliability/slurm.py.
set -euo pipefail
# bash cannot trap a signal that was ignored when it was started, as USR1 is below some job runners.
if [ -z "${SIGNALS_RESET:-}" ]; then
  exec env --default-signal=USR1,TERM SIGNALS_RESET=1 bash "$0" "$@"
fi
program=${2:+$(realpath "$2")}
cd "$1"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "slurm: $*" >&2; exit 1; }
cat >"$folder/extract" <<'SCRIPT'
#!/usr/bin/env bash
[ -n "${UNCAUGHT:-}" ] || trap 'echo stopped by USR1; exit 75' USR1
trap 'echo stopped by TERM; exit 75' TERM
echo "$@" >>"$CALLS"
if [ -n "${WAIT:-}" ]; then
  touch "$WAIT"
  [ -z "${TELLS:-}" ] || kill "-$TELLS" "$PPID"  # the job script, in the first moment
  for _ in $(seq 1200); do sleep 0.05; done
fi
exit "${ENDS:-0}"
SCRIPT
printf '#!/usr/bin/env bash\necho "$@" >>"$CALLS.scontrol"\n' >"$folder/scontrol"
chmod +x "$folder/extract" "$folder/scontrol"
export CALLS=$folder/calls PATH=$folder:$PATH SLURM_JOB_ID=42
export PROBLEMS=problems.jsonl STEP=variance TEXTS='some texts' RANKING=r.csv PAIRS=pairs.json OPTIONS="--seed 8"

# Starts a script whose extract does not end, and waits until that is at work.
begin() {
  rm -f "$folder/waiting" "$CALLS.scontrol"
  touch "$CALLS.scontrol"
  MODEL=m RUN=r WAIT=$folder/waiting bash "$1" >"$folder/out" 2>&1 &
  job=$!
  for _ in $(seq 1200); do [ -e "$folder/waiting" ] && return; sleep 0.05; done
  fail "$1: extract is not at work"
}

# Sends a signal to the script alone, as Slurm does; with TELLS, extract has sent it already.
# ends_by SIGNAL SCRIPT [STATUS]: extract was told, and its status (75) is the job's
ends_by() {
  begin "$2"
  [ -n "${TELLS:-}" ] || kill "-$1" "$job"
  status=0
  wait "$job" || status=$?
  [ "$status" -eq "${3:-75}" ] || fail "$2: ended with $status after $1, expected ${3:-75}"
  [ -n "${3:-}" ] || grep -q "stopped by $1" "$folder/out" || fail "$2: $1 did not reach extract"
}

for word in loo phiid ablate sampling patching steps; do
  script=docs/slurm/$word.sbatch
  for option in '--signal=B:USR1@120' '--requeue' '--array=0-[0-9]*$' "--job-name=$word\$"; do
    grep -qE "^#SBATCH $option" "$script" || fail "$script: no #SBATCH $option"
  done
  grep -q -- "--dependency=afterok" "$script" || fail "$script: does not say how the analysis follows"
  # What has to do with signals is the same in all of them.
  awk '/^extract /{call=1} begun && !call{print} / &$/{call=0} /^read -ra options/{begun=1}' "$script" >"$folder/body"
  cmp -s "$folder/body" "${first:=$folder/first}" 2>/dev/null || { [ "$word" = loo ] && cp "$folder/body" "$first"; } ||
    fail "$script: waits for extract otherwise than docs/slurm/loo.sbatch does"
  : >"$CALLS"
  MODEL='a model' RUN='a run' bash "$script"
  case $word in
    loo) input='' ;;
    phiid) input='--prompts datasets/phiid/prompts.jsonl ' ;;
    ablate) input='--texts some texts --ranking r.csv --orders .* --step-size 16 ' ;;
    sampling) input='--problems problems.jsonl --steps variance ' ;;
    patching) input='--pairs pairs.json ' ;;
    steps) input='--problems problems.jsonl ' ;;
  esac
  grep -q "^$word --model a model --out a run $input--seed 8 --device cuda --shard slurm$" "$CALLS" ||
    fail "$script: called extract $(cat "$CALLS")"
  if [ -n "$program" ]; then
    "$program" "$word" --help >"$folder/help"
    for option in $(grep -oE -- ' --[a-z-]+' "$CALLS"); do
      grep -qE -- "^ +(-[a-zA-Z],)?$option( |$)" "$folder/help" || fail "$script: extract $word has no $option"
    done
  fi
  if MODEL=m bash "$script" 2>"$folder/error"; then fail "$script: goes on without RUN"; fi
  grep -q 'RUN: is not set' "$folder/error" || fail "$script: does not say that RUN is missing"
done

# The time is nearly over: the task is queued once more. Cancelled, failed or done: it is not.
script=docs/slurm/loo.sbatch
ends_by USR1 "$script"
grep -qx 'requeue 42' "$CALLS.scontrol" || fail "not queued once more after USR1: $(cat "$CALLS.scontrol")"
UNCAUGHT=1 ends_by USR1 "$script" 138
grep -qx 'requeue 42' "$CALLS.scontrol" || fail "not queued once more where USR1 met extract too early"
ends_by TERM "$script"
[ ! -s "$CALLS.scontrol" ] || fail "queued once more after TERM"
# The signal comes before the script knows the number of extract.
sed '/^pid=/s/^/sleep 0.5; /' "$script" >"$folder/slow.sbatch"
cmp -s "$script" "$folder/slow.sbatch" && fail "$script: no line pid="
for name in USR1 TERM; do TELLS=$name ends_by "$name" "$folder/slow.sbatch"; done
for status in 0 1 75; do
  ended=0
  MODEL=m RUN=r ENDS=$status bash "$script" || ended=$?
  [ "$ended" -eq "$status" ] || fail "ended with $ended where extract did with $status"
  [ ! -s "$CALLS.scontrol" ] || fail "queued once more at status $status without a signal"
done
echo "slurm: all job scripts hand over to extract"
