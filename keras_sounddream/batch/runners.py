"""Apache Beam runners: units of work in processes, here or on a cluster."""

import contextlib
import importlib.util
import queue
import threading
from collections.abc import Sequence

from keras_sounddream.batch import worker
from keras_sounddream.batch.outputs import Folder
from keras_sounddream.errors import InputError, MissingPackageError
from keras_sounddream.progress import TracingBar

RUNNERS = (
    *("DirectRunner", "DaskRunner", "FlinkRunner", "SparkRunner", "DataflowRunner"),
    "PortableRunner",  # any cluster, by the address of its job server
)
_POLL_SECONDS = 1.0
_END_SECONDS = 20.0  # that an interrupted unit may take to end
_DEATH = "Worker subprocess exited"  # error of Beam's thread that waits for a worker


def check_beam() -> None:
    """Refuses to go on without Apache Beam; does not import it."""
    if not importlib.util.find_spec("apache_beam"):
        raise MissingPackageError("apache-beam", "A batch job", "beam")


def run_units(
    plan: str,
    folder: Folder,
    numbers: list[int],
    runner: str,
    workers: int,
    options: Sequence[str],
    progress: bool = False,
) -> None:
    """Processes units in any order, and returns when all are done; `plan` is for `do_unit`.

    An `InputError` tells that the runner is not available, or that the job broke off.
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

    beam_options = PipelineOptions([*_runner_options(runner, workers), *options])
    pipeline = beam.Pipeline(runner=_find_runner(runner), options=beam_options)
    _ = pipeline | beam.Create(numbers) | beam.Reshuffle() | beam.ParDo(DoUnit())
    _finish(pipeline)


def _finish(pipeline):
    """Runs a pipeline; a dead worker of the DirectRunner, for which Beam waits, is an error."""
    ended: queue.SimpleQueue = queue.SimpleQueue()
    hook = threading.excepthook

    def work():
        try:
            pipeline.run().wait_until_finish()
        except BaseException as error:
            ended.put(error)
        else:
            ended.put(None)

    def on_exception(args):
        if str(args.exc_value).startswith(_DEATH):
            ended.put(args.exc_value)
        elif type(args.exc_value).__name__ != "RpcError":  # connections to the dead worker
            hook(args)

    threading.excepthook = on_exception
    thread = threading.Thread(target=work, daemon=True)
    try:
        thread.start()
        error = ended.get()
    except KeyboardInterrupt:
        worker.interrupt(_END_SECONDS)
        thread.join(_END_SECONDS)
        raise
    finally:
        threading.excepthook = hook
    if error is not None:
        raise error


def _find_runner(name):
    if name == "DaskRunner":
        return "apache_beam.runners.dask.dask_runner.DaskRunner"  # Beam knows no short name
    if name != "DirectRunner":
        return name
    # Beam's own choice for that name may be a program that it downloads.
    from apache_beam.runners.portability.fn_api_runner import FnApiRunner

    return FnApiRunner()


def _runner_options(runner, workers):
    """Options of a runner: its number of workers, and units that are not bundled."""
    if runner == "DirectRunner":
        mode = "multi_processing" if workers > 1 else "in_memory"
        return [f"--direct_num_workers={workers}", f"--direct_running_mode={mode}"]
    if runner == "DaskRunner":
        return ["--dask_partition_size=1"]  # or 128 units would go to one worker
    names = {"FlinkRunner": "parallelism", "DataflowRunner": "num_workers"}
    return [f"--{names[runner]}={workers}"] if runner in names else []


@contextlib.contextmanager
def _bar(folder, total, progress):
    """Progress bar over files, from the records of units."""
    stop = threading.Event()

    def watch(bar):
        while not stop.wait(_POLL_SECONDS):
            show(bar)

    def show(bar):
        records = folder.records()
        failed = sum(len(record["failed"]) for record in records)
        bar.set_postfix(failed=failed, refresh=False)
        bar.update(sum(record["files"] for record in records) - bar.n)

    with TracingBar("batch", total=total, unit="file", disable=not progress) as bar:
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
