import pytest

from label_sets import LABELS, dataset, task
from mattebox.errors import BadParameter
from mattebox.label.dataset import Label
from mattebox.label.merging import labels_of, merge, own_name, stacked
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.label.table import Table


def names(labels):
    return [label.name for label in labels]


def test_tasks_stay_in_order_and_labels_are_united_by_name_as_the_first_has_them():
    one = dataset(task(None, [], "a"), labels=(Label("dog", (1, 2, 3)),))
    two = dataset(task(None, [], "b"), task(None, [], "c"), labels=LABELS)
    merged = merge([one, two], "both")
    assert [each.name for each in merged.tasks] == ["a", "b", "c"]
    assert names(merged.labels) == ["dog", "cat"]
    assert merged.labels[0].color == (1, 2, 3)
    assert merged.name == "both"


def test_labels_that_only_tasks_have_count_too():
    one = dataset(task(None, [], labels=(Label("hen"),)), task(None, [], labels=LABELS), labels=())
    assert names(labels_of(one)) == ["hen", "cat", "dog"]
    assert names(merge([one, dataset(labels=(Label("cow"), Label("cat")))]).labels) == ["hen", "cat", "dog", "cow"]


def test_a_single_data_set_comes_back_as_it_is_and_none_is_an_error():
    one = dataset()
    assert merge([one]) is one
    with pytest.raises(BadParameter, match="at least one"):
        merge([])


def test_tasks_of_one_name_and_guides_are_told_apart_and_what_is_lost_is_told():
    one = dataset(task(None, [], "walk"), task(None, [], "run")).replace(name="north", guide="Be kind.")
    two = dataset(task(None, [], "walk")).replace(name="south", guide="Be exact.", extra={"bug_tracker": "x"})
    merged = merge([one, two], report=(report := Report()))
    assert [each.name for each in merged.tasks] == ["walk (north)", "run", "walk (south)"]
    assert own_name(merged.tasks[0]) == "walk"
    assert (merged.name, merged.guide) == ("north + south", "Be kind.\n\nBe exact.")
    assert [(entry.code, entry.dataset) for entry in report.entries] == [("extra-lost", "south")]


def test_tables_of_one_subtask_keep_their_numbers_and_those_of_two_do_not():
    row = Row(label="cat", frame=0, shape="tag", object=4, group=2)
    tables = [Table.from_rows([row])] * 2
    assert stacked(tables).object.tolist() == [4, 4]
    assert stacked(tables).group.tolist() == [2, 2]
    assert len(set(Table.concat(tables).object.tolist())) == 2
