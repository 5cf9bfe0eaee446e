"""The slow tests, which `make test-quick` leaves out."""

import pathlib

TESTS = pathlib.Path(__file__).parent
# Folders and files that train, export, start processes or dream at length. A single test
# of another file is marked where it stands: `@pytest.mark.slow`.
SLOW = (
    *("applications", "batch", "builders", "cli", "conformance", "export", "generation"),
    *("training", "workflows", "test_docs.py", "test_saved_models.py"),
    *("datasets/tfds", "datasets/test_videos.py", "reports/test_animation.py"),
    *("deepdream/full_rate", "deepdream/test_any_model.py"),
    *("deepdream/ascent", "deepdream/callbacks", "deepdream/test_settings_in_use.py"),
    *("deepdream/test_call_inputs.py", "deepdream/long_sounds/test_stream.py"),
    *("deepdream/test_validation.py", "deepdream/test_open_to_users.py", "test_registered.py"),
    *("deepdream/params/test_pixels.py", "deepdream/objectives/test_guides.py"),
    *("audio/spectral/test_dft.py", "reports/test_dream_figure.py", "test_distributions.py"),
    *("lite/test_lite_answers.py", "lite/test_lite_command.py", "lite/test_lite_generator.py"),
    *("lite/test_lite_install.py", "lite/test_third_party_files.py"),
    *("sonification/test_methods.py", "fuzz"),
    *("web", "filters", "test_notebooks.py", "deepdream/test_style_transfer.py"),
    *("deepdream/test_imprint.py", "deepdream/network/test_joined.py"),
    "deepdream/params/test_latent.py",
)
