"""Batch jobs over many files, on Apache Beam: dreams, scores and features, each file once.

`jobs` describes the work on each file, `outputs` manages the folder of finished files, `worker`
processes files in one process, and `pipeline` distributes them. Importing them imports neither
Beam nor TensorFlow.
"""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Job": "jobs",
        "Summary": "pipeline",
        "read_features": "tables",
        "read_scores": "tables",
        "run": "pipeline",
    },
)
