"""Apache Beam: hands units of work to processes, here or on a cluster."""

import contextlib
import importlib.util
import queue
import threading

from tqdm import tqdm

from keras_sounddream.batch import worker
from keras_sounddream.errors import InputError

RUNNERS = (
    *("DirectRunner", "DaskRunner", "FlinkRunner", "SparkRunner", "DataflowRunner"),
    "PortableRunner",  # of any cluster, by the address of its job server
)
_POLL_SECONDS = 1.0
_DEATH = "Worker subprocess exited"  # what Beam's thread that waits for a worker raises


def check_beam():
    """Checks that Apache Beam is there, without importing it.

    Raises:
        InputError: if it is not.
    """
    if not importlib.util.find_spec("apache_beam"):
        raise InputError("Expected Apache Beam. Install it: pip install 'keras-sounddream[beam]'")


def run_units(plan, folder, numbers, runner, workers, options, progress=False):
    """Does units of work, in whatever order, and returns when all are done.

    Args:
        plan: str, JSON, as of `worker.do_unit`.
        folder: `outputs.Folder`, that the units are recorded in.
        numbers: list of int, of units.
        runner: str, one of `RUNNERS`.
        workers: int, processes.
        options: sequence of str, of the runner.
        progress: bool, whether to show a progress bar.

    Raises:
        InputError: if the runner is not to be had, or breaks off.
    """
    total = sum(len(folder.read_list(number)) for number in numbers)
    with _bar(folder, total, progress):
        try:
            _run(plan, numbers, runner, workers, options)
        except InputError as error:
            raise InputError(_reason(error)) from error
        except Exception as error:
            raise InputError(
                f"The job broke off ({_reason(error)}). What is done stays: run it again."
            ) from error


def _run(plan, numbers, runner, workers, options):
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    class DoUnit(beam.DoFn):
        def setup(self):
            worker.prepare(plan)

        def process(self, number):
            yield worker.do_unit(plan, number)

    found = PipelineOptions([*_own_options(runner, workers), *options])
    pipeline = beam.Pipeline(runner=_find_runner(runner), options=found)
    _ = pipeline | beam.Create(numbers) | beam.Reshuffle() | beam.ParDo(DoUnit())
    _finish(pipeline)


def _finish(pipeline):
    """Runs a pipeline, and ends also where a worker of the DirectRunner dies, which would wait."""
    ended, hook = queue.SimpleQueue(), threading.excepthook

    def work():
        try:
            pipeline.run().wait_until_finish()
        except BaseException as error:
            ended.put(error)
        else:
            ended.put(None)

    def hear(died):
        if str(died.exc_value).startswith(_DEATH):
            ended.put(died.exc_value)
        elif type(died.exc_value).__name__ != "RpcError":  # the lines to it, cut off
            hook(died)

    threading.excepthook = hear
    try:
        threading.Thread(target=work, daemon=True).start()
        error = ended.get()
    finally:
        threading.excepthook = hook
    if error is not None:
        raise error


def _find_runner(name):
    if name == "DaskRunner":
        return "apache_beam.runners.dask.dask_runner.DaskRunner"  # not known by its name
    if name != "DirectRunner":
        return name
    # Beam's own choice for that name may be a program that it downloads.
    from apache_beam.runners.portability.fn_api_runner import FnApiRunner

    return FnApiRunner()


def _own_options(runner, workers):
    """What `workers` is called, and what a runner has to be told for units of this kind."""
    if runner == "DirectRunner":
        mode = "multi_processing" if workers > 1 else "in_memory"
        return [f"--direct_num_workers={workers}", f"--direct_running_mode={mode}"]
    if runner == "DaskRunner":
        return ["--dask_partition_size=1"]  # or 128 units would go to one worker
    names = {"FlinkRunner": "parallelism", "DataflowRunner": "num_workers"}
    return [f"--{names[runner]}={workers}"] if runner in names else []


@contextlib.contextmanager
def _bar(folder, total, progress):
    """Shows how many files are done, by the records of units."""
    stop = threading.Event()

    def watch(bar):
        while not stop.wait(_POLL_SECONDS):
            show(bar)

    def show(bar):
        records = folder.records()
        failed = sum(len(record["failed"]) for record in records)
        bar.set_postfix(failed=failed, refresh=False)
        bar.update(sum(record["files"] for record in records) - bar.n)

    with tqdm(total=total, unit="file", disable=not progress) as bar:
        thread = threading.Thread(target=watch, args=(bar,), daemon=True)
        if progress:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            if progress:
                thread.join()
                show(bar)


def _reason(error):
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].split(" [while running")[0][:300] if lines else type(error).__name__
