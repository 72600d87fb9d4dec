#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A job array on a real Slurm of one node: eight tasks, one of them queued again and the others preempted while they
are at work, must leave the bytes that one process leaves. Then the script of every other experiment, an array of two
with its analysis chained as its first lines say.

slurm.py BIN_DIR [WORK]     as root; exit 77 with a message where Slurm is not installed

The job scripts are those of docs/slurm as they are; what they ask for (a GPU, hours) is replaced on the command line.
"""
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 600  # seconds for anything to happen; nothing is expected to take that long
CONFIG = """ClusterName=reliability
SlurmctldHost={host}(127.0.0.1)
AuthType=auth/munge
CryptoType=crypto/munge
SlurmUser=root
SlurmdUser=root
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1,bf_continue
SlurmctldParameters=preempt_send_user_signal
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
KillWait=15
JobRequeue=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
StateSaveLocation={work}/state
SlurmdSpoolDir={work}/spool
SlurmctldPidFile={work}/slurmctld.pid
SlurmdPidFile={work}/slurmd.pid
SlurmctldLogFile={work}/slurmctld.log
SlurmdLogFile={work}/slurmd.log
SlurmctldPort={port}
SlurmdPort={next_port}
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 Gres=gpu:2 State=UNKNOWN
PartitionName=low Nodes={host} Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE GraceTime=12
PartitionName=high Nodes={host} Default=NO MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
"""


def output(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise SystemExit(f"slurm: {' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def wait_for(what, reached):
    """Waits until `reached` returns something true."""
    end = time.monotonic() + PATIENCE
    while not (found := reached()):
        if time.monotonic() > end:
            raise SystemExit(f"slurm: waited {PATIENCE} s for {what}")
        time.sleep(0.2)
    return found


class Cluster:
    """The daemons, started in a folder of their own and ended by their numbers."""

    def __init__(self, work):
        self.work = work
        self.started = []
        port = 20000 + os.getpid() % 20000
        (work / "slurm.conf").write_text(CONFIG.format(host=socket.gethostname().split(".")[0], work=work, port=port,
                                                       next_port=port + 1))
        (work / "gres.conf").write_text("Name=gpu File=/dev/null\nName=gpu File=/dev/zero\n")
        os.environ["SLURM_CONF"] = str(work / "slurm.conf")
        for folder in ("state", "spool"):
            (work / folder).mkdir()

    def __enter__(self):
        if subprocess.run(["munge", "-n"], capture_output=True).returncode != 0:
            pathlib.Path("/run/munge").mkdir(exist_ok=True)
            shutil.chown("/run/munge", "munge", "munge")
            self.start("setpriv", "--reuid=munge", "--regid=munge", "--clear-groups", "munged", "--foreground")
            wait_for("munged", lambda: subprocess.run(["munge", "-n"], capture_output=True).returncode == 0)
        self.start("slurmctld", "-D")
        self.start("slurmd", "-D", "-N", socket.gethostname().split(".")[0])
        wait_for("an idle node", lambda: "idle" in subprocess.run(["sinfo", "-h", "-o", "%t"], capture_output=True,
                                                                  text=True).stdout)
        return self

    def start(self, *command):
        log = (self.work / f"{len(self.started)}.log").open("w")
        self.started.append(subprocess.Popen(command, stdout=log, stderr=log))

    def __exit__(self, *unused):
        subprocess.run(["scancel", "--state=RUNNING"], check=False)
        subprocess.run(["scancel", "--state=PENDING"], check=False)
        for process in reversed(self.started):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def tasks(state):
    """Job numbers of the array's tasks in a state of Slurm (R, PD), or all."""
    return output("squeue", "-h", "-r", "-p", "low", *(["-t", state] if state else []), "-o", "%A").split()


def seconds_at_work(job):
    """Whole seconds since a task began this time."""
    parts = output("squeue", "-h", "-j", job, "-o", "%M").split()
    return int(parts[0].split(":")[-1]) if parts else 0


def restarts(job):
    shown = output("scontrol", "show", "job", job)
    return sum(int(part.split("=")[1]) for part in shown.split() if part.startswith("Restarts="))


def tree(run):
    return {str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(run.rglob("*")) if path.is_file() and path.suffix != ".log"}


FLAGS = {"MODEL": "--model", "PAIRS": "--pairs", "PROBLEMS": "--problems", "STEP": "--steps", "TEXTS": "--texts",
         "RANKING": "--ranking", "ORDERS": "--orders", "STEP_SIZE": "--step-size"}
ANALYSIS = {"ablate": "analyze-ablation"}  # else analyze- and the name


def small_experiments(work, extract):
    """What the scripts of the other experiments are given, each for some shards in a second."""
    models, data = ROOT / "datasets/models", ROOT / "datasets"
    texts = work / "texts"
    subprocess.run([extract, "phiid", "--model", models / "words", "--prompts", work / "prompts.jsonl", "--generate",
                    "12", "--ignore-eos", "--out", texts], check=True, capture_output=True)
    subprocess.run([extract.parent / "analyze-phiid", texts, "--out", work / "texts-report"],
                   check=True, capture_output=True)
    return {
        "loo": {"MODEL": models / "walk",
                "OPTIONS": "--context-lengths 6,10 --n-trials 4 --conditions semantic,unrelated"},
        "ablate": {"MODEL": models / "words", "TEXTS": texts, "RANKING": work / "texts-report/rankings.csv",
                   "ORDERS": "balance,random:0-1", "STEP_SIZE": "4", "OPTIONS": "--removals-per-shard 2"},
        "patching": {"MODEL": models / "week", "PAIRS": data / "week/pairs.json",
                     "OPTIONS": "--limit 12 --pairs-per-shard 3 --max-new-tokens 4"},
        "steps": {"MODEL": models / "week", "PROBLEMS": data / "week/problems.jsonl",
                  "OPTIONS": "--per-stratum 4 --problems-per-shard 4 --max-new-tokens 4"},
        "sampling": {"MODEL": models / "words", "PROBLEMS": data / "words/problems.jsonl", "STEP": "variance",
                     "OPTIONS": "--limit 4 --temperatures 0.5,1 --samples 2 --checkpoints 4,8 --stride 4 "
                                "--max-new-tokens 8"},
    }


def run_others(work, extract, environment):
    """Submits the scripts of the other experiments, each with its analysis. @return  what is wrong"""
    experiments = small_experiments(work, extract)
    for name, given in experiments.items():
        given = {**environment, **{key: str(value) for key, value in given.items()}, "RUN": str(work / f"{name}-run")}
        job = output("sbatch", "--parsable", "--partition=low", "--array=0-1", "--mem=10", "--cpus-per-task=1",
                     "--gres=none", "--time=30", f"--output={work}/{name}-%a.txt",
                     str(ROOT / f"docs/slurm/{name}.sbatch"), env=given, cwd=ROOT).strip()
        output("sbatch", "--parsable", f"--dependency=afterok:{job}", "--partition=low", "--cpus-per-task=1",
               "--mem=10", f"--output={work}/{name}-after.txt", "--wrap",
               f'{ANALYSIS.get(name, "analyze-" + name)} "$RUN" --out "$RUN-report"', env=given)
    wait_for("the other experiments to end", lambda: not output("squeue", "-h").split())
    problems = []
    for name, given in experiments.items():
        words = [word for key, value in given.items() if key in FLAGS for word in (FLAGS[key], value)]
        subprocess.run([extract, name, *words, *given["OPTIONS"].split(), "--threads", "1", "--out",
                        work / f"{name}-single"], check=True, capture_output=True)
        if tree(work / f"{name}-run") != tree(work / f"{name}-single"):
            problems.append(f"{name}: an array of two left other files than one process")
        if not (work / f"{name}-run-report/report.html").exists():
            problems.append(f"{name}: the analysis chained with afterok made no report")
    if not problems:
        print(f"slurm: {', '.join(experiments)}: arrays of 2 left the bytes of one process, and their analyses followed")
    return problems


def main():
    binaries = pathlib.Path(sys.argv[1]).resolve()
    missing = [name for name in ("slurmctld", "slurmd", "munged", "sbatch") if not shutil.which(name)]
    if missing or os.geteuid() != 0:
        print(f"skipped: {', '.join(missing) or 'root'} is missing (apt-get install slurm-wlm munge)")
        return 77
    work = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp(prefix="phiscope-slurm-")).resolve()
    work.mkdir(parents=True, exist_ok=True)
    # The scripts' own `extract`, on the CPU.
    (work / "bin").mkdir()
    wrapper = work / "bin/extract"
    wrapper.write_text('#!/usr/bin/env bash\nexec "%s/extract" "${@/#cuda/cpu}" --threads 1\n' % binaries)
    wrapper.chmod(0o755)
    prompts = work / "prompts.jsonl"
    lines = (ROOT / "datasets/phiid/words.jsonl").read_text().splitlines()
    # Enough that a task is at work for some seconds on a fast machine.
    copies = [json.dumps({**json.loads(line), "id": f"{i}"}) for i, line in enumerate(lines[:48] * 5)]
    prompts.write_text("\n".join(copies) + "\n")
    environment = dict(os.environ, PATH=f"{work / 'bin'}:{binaries}:{os.environ['PATH']}",
                       MODEL=str(ROOT / "datasets/models/words"), PROMPTS=str(prompts),
                       OPTIONS="--generate 200 --ignore-eos --batch-size 1 --prompts-per-shard 1")
    # What one process leaves; by hand: there is no Slurm that --shard slurm could ask.
    subprocess.run([binaries / "extract", "phiid", "--model", environment["MODEL"], "--prompts", prompts, "--generate",
                    "200", "--ignore-eos", "--threads", "1", "--batch-size", "1", "--prompts-per-shard", "1", "--out",
                    work / "single"], check=True, capture_output=True)
    run = work / "run"
    with Cluster(work):
        environment["SLURM_CONF"] = os.environ["SLURM_CONF"]
        job = output("sbatch", "--parsable", "--partition=low", "--array=0-7", "--mem=10",
                     "--cpus-per-task=1", "--time=30", "--signal=B:USR1@5", f"--output={work}/task-%a.txt",
                     str(ROOT / "docs/slurm/phiid.sbatch"), env=dict(environment, RUN=str(run)), cwd=ROOT).strip()
        after = output("sbatch", "--parsable", f"--dependency=afterok:{job}", "--partition=low", "--cpus-per-task=1",
                       f"--output={work}/after.txt", "--wrap", f'"{binaries}/extract" verify "{run}"').strip()
        commits = lambda: len(list((run / "commit").glob("*.json"))) if (run / "commit").exists() else 0
        wait_for("two shards", lambda: commits() >= 2)
        first = wait_for("a task at work", lambda: tasks("R"))[0]
        output("scontrol", "requeue", first)
        seen = commits()
        wait_for("further shards", lambda: commits() > seen + 1)
        # Not before bash is at the lines that catch what is sent: nobody would queue the task again.
        running = wait_for("tasks at work", lambda: [job for job in tasks("R") if seconds_at_work(job) >= 2])
        output("sbatch", "--partition=high", "--cpus-per-task=2", "--output=/dev/null", "--wrap", "sleep 2")
        print(f"slurm: task {first} queued again at {seen} of {len(copies)} shards, {len(running)} preempted at {commits()}")

        def at_rest():
            # A task that was queued again waits two minutes before it begins, unless it is told not to.
            for waiting in tasks("PD"):
                subprocess.run(["scontrol", "update", f"jobid={waiting}", "starttime=now"], capture_output=True)
            return not output("squeue", "-h").split()

        wait_for("all tasks to end", at_rest)
        interrupted = restarts(job)
        problems = run_others(work, binaries / "extract", environment)
    if interrupted < 2:
        problems.append(f"{interrupted} tasks began again, expected at least 2: the run was too short")
    if tree(run) != tree(work / "single"):
        there, wanted = tree(run), tree(work / "single")
        differ = sorted(name for name in there.keys() | wanted.keys() if there.get(name) != wanted.get(name))
        problems.append(f"{len(differ)} files differ from those of one process, the first: {differ[0]}")
    if not (work / "after.txt").exists() or '"problems":[]' not in (work / "after.txt").read_text():
        problems.append(f"job {after}, chained with afterok, did not find the run complete")
    said = "".join(path.read_text() for path in sorted(work.glob("task-*.txt")))
    if "stopped by SIGUSR1" not in said and "stopped by SIGTERM" not in said:
        problems.append("no task said that it was stopped")
    for problem in problems:
        print(f"slurm: {problem}", file=sys.stderr)
    if problems:
        print(f"slurm: everything is in {work}", file=sys.stderr)
        return 1
    print(f"slurm: 8 tasks, begun again {interrupted} times, left the bytes of one process")
    if len(sys.argv) <= 2:
        shutil.rmtree(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
