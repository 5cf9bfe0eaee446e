"""models.config: what its user wrote stays, and what the server reads has both models."""

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

from keras_sounddream import InputError
from keras_sounddream.export.saved_model.model_list import with_model

FIELDS = {  # of the server's messages: name, number, kind
    "ModelConfig": [
        ("name", 1, "string"),
        ("base_path", 2, "string"),
        ("model_platform", 4, "string"),
        ("version_labels", 8, "map"),
        ("model_version_policy", 7, "Policy"),
    ],
    "Policy": [("specific", 102, "Specific")],
    "Specific": [("versions", 1, "int64s")],
    "ModelConfigList": [("config", 1, "ModelConfigs")],
    "ModelServerConfig": [
        ("model_config_list", 1, "ModelConfigList"),
        ("custom_model_config", 2, "ModelConfig"),
    ],
}


@pytest.fixture(scope="module")
def server_config():
    """The server's message, made here: its package would bring gRPC along."""
    file = descriptor_pb2.FileDescriptorProto(name="served.proto", package="served")
    file.syntax = "proto3"
    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for field_name, number, kind in fields:
            field = message.field.add(name=field_name, number=number)
            field.label = 3 if kind.endswith("s") or kind == "map" else 1
            if kind == "string":
                field.type = 9
            elif kind == "int64s":
                field.type = 3
            elif kind == "map":
                entry = message.nested_type.add(name="VersionLabelsEntry")
                entry.options.map_entry = True
                entry.field.add(name="key", number=1, label=1, type=9)
                entry.field.add(name="value", number=2, label=1, type=3)
                field.type, field.type_name = 11, f".served.{name}.VersionLabelsEntry"
            else:
                known = kind if kind in FIELDS else kind.removesuffix("s")
                field.type, field.type_name = 11, f".served.{known}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    kind = message_factory.GetMessageClass(pool.FindMessageTypeByName("served.ModelServerConfig"))
    return lambda text: text_format.Parse(text, kind())


ONE = with_model("", "one")
OTHERS = """\
# "name: two" is only said here, and } too
model_config_list: < # the list
  config: [
    { name: 'o' "ne", base_path: "/a{b\\"}"; version_labels { key: 'stable' value: 1 } },
    { name: "three" model_version_policy { specific { versions: [1, 2] versions: -3 } } }
  ]
>
# my edit"""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("# nothing yet", []),
        ("\n# nothing yet\n", []),
        (ONE, ["one"]),
        (f"{ONE}# my edit\n", ["one"]),
        (ONE.replace("\n", "\r\n"), ["one"]),
        ("model_config_list {}", []),
        ("model_config_list { config { name: 'a' } }", ["a"]),
        ("model_config_list { config { name: 'a' } # }\n}", ["a"]),
        ('model_config_list {\n  config {name:"a"};\n  };', ["a"]),
        (OTHERS, ["one", "three"]),
    ],
)
def test_an_entry_is_put_in_and_all_else_stays(text, names, server_config):
    made = with_model(text, "two")
    config = server_config(made)
    listed = config.model_config_list.config
    assert sorted(each.name for each in listed) == sorted([*names, "two"])
    (entry,) = [each for each in listed if each.name == "two"]
    assert (entry.base_path, entry.model_platform) == ("/served/models/two", "tensorflow")
    assert with_model(made, "two") == made
    left = iter(made)
    assert all(letter in left for letter in text)  # in their order, with the entry between


def test_what_was_said_of_other_models_is_kept(server_config):
    first, *_ = server_config(with_model(OTHERS, "two")).model_config_list.config
    assert first.base_path == '/a{b"}'
    assert first.version_labels["stable"] == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model_config_list {", "line 1: expected a name or a bracket. Received: 'the end'"),
        (f"{ONE}}}", "line 8: expected a name or a bracket. Received: '}'"),
        (ONE.replace('"one"', '"one'), "line 3: expected a name, a value or a bracket"),
        (ONE.replace(":", "", 1), "line 3: expected a value. Received: '\"one\"'"),
        ("model_config_list { config [ ] }", "line 1: expected a value"),
        ("a: [1 2]", "line 1: expected a comma or ]. Received: '2]'"),
        ("\0", "line 1"),
        (
            "custom_model_config { }",
            "Expected one `model_config_list { … }` in my.config.",
        ),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(text, message):
    with pytest.raises(InputError) as error:
        with_model(text, "two", "my.config")
    assert message in str(error.value)
    assert "my.config" in str(error.value)


@pytest.mark.parametrize("ending", ["", "# my edit\n", "  # my edit"])
def test_names_in_comments_are_no_models(ending, server_config):
    config = server_config(with_model(f'{ONE}# name: "two"\n{ending}', "two"))
    assert [each.name for each in config.model_config_list.config] == ["one", "two"]
