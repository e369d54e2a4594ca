"""A reader of a pull request sees which resources it adds, removes and changes."""

from tests.template_diff import section


def test_resources_are_added_removed_and_changed() -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 1, "Tags": {"a": 1}}}
    topic = {"Type": "AWS::SNS::Topic"}
    before = {"Resources": {"Review": queue, "Pages": topic, "Same": topic}}
    changed = {**queue, "Properties": {"DelaySeconds": 2, "Tags": {"a": 1}}}
    after = {"Resources": {"Review": changed, "All": topic, "Same": topic}}
    assert section("pipeline.prod.json", before, after) == (
        "## pipeline.prod.json\n\n"
        "- added: `All` (AWS::SNS::Topic)\n"
        "- **removed**: `Pages` (AWS::SNS::Topic)\n"
        "- changed: `Review` (AWS::SQS::Queue): `Properties.DelaySeconds`\n"
    )


def test_an_equal_template_has_no_changes() -> None:
    template = {"Resources": {"Same": {"Type": "AWS::SNS::Topic"}}}
    assert section("a.json", template, template).splitlines()[-1] == "No changes."
    assert "- added" in section("a.json", {}, template)
