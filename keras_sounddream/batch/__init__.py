"""Jobs over many files, on Apache Beam: dreams, scores and features, each file once.

`jobs` says what is done to a file, `outputs` keeps the folder that shows what is done already,
`worker` does some files in one process, and `pipeline` hands them out. Importing them imports
neither Beam nor TensorFlow.
"""

from keras_sounddream.batch.jobs import Job
from keras_sounddream.batch.pipeline import run
from keras_sounddream.batch.tables import read_features, read_scores

__all__ = ["Job", "read_features", "read_scores", "run"]
