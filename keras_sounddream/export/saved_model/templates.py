"""Templates of the files beside served models."""

BATCHING = """\
# Requests are put together, and shorter sounds padded: `num_samples` says how much of a row counts.
max_batch_size { value: 16 }
batch_timeout_micros { value: 5000 }
max_enqueued_batches { value: 64 }
num_batch_threads { value: 2 }
pad_variable_length_inputs: true
"""

COMPOSE = """\
# docker compose up
services:
  sounddream:
    image: ${TENSORFLOW_SERVING_IMAGE:-tensorflow/serving:2.21.0}
    command:
      - --model_config_file=/served/models.config
      - --enable_batching=true
      - --batching_parameters_file=/served/batching.config
    volumes:
      - .:/served:ro
    ports:
      - "127.0.0.1:8500:8500"  # gRPC
      - "127.0.0.1:8501:8501"  # REST
    restart: unless-stopped
"""
