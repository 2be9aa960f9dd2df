import base64
import json

from mattebox.serve.result import Result


def test_json_holds_the_file_and_what_is_known_of_it() -> None:
    data = bytes(range(256))
    said = json.loads(json.dumps(Result(data, "image/png", {"X-Width": "3"}, {"foreground_top": 4}).json()))
    assert said["data"]["foreground_top"] == 4
    assert base64.b64decode(said["data"]["result_b64"], validate=True) == data
    assert set(said["data"]) == {"result_b64", "foreground_top"}
