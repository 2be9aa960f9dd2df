from hypothesis import given
from hypothesis import strategies as st

from mattebox.label.names import shot_name, slug, subset_folder, task_names

HARMFUL = set('/\\:*?"<>|\0\n')


@given(st.text())
def test_a_slug_is_a_safe_part_of_a_file_name(text):
    made = slug(text)
    assert made
    assert not HARMFUL & set(made)
    assert made not in {".", ".."}
    assert len(made.encode()) <= 120
    assert slug(made) == made


@given(st.lists(st.text(max_size=4)))
def test_tasks_are_told_apart_even_where_case_does_not_count(names):
    made = task_names(names)
    assert len({name.casefold() for name in made}) == len(names)


def test_a_name_that_looks_numbered_does_not_collide_with_one_that_was_numbered():
    assert task_names(["a", "a-2", "a"]) == ["a", "a-2", "a-3"]


def test_scales_and_tiles_have_names_of_their_own():
    names = {
        shot_name("park", 7),
        shot_name("park", 7, scale=0.5),
        shot_name("park", 7, tile=(0, 0)),
        shot_name("park", 7, tile=(0, 448)),
        shot_name("park", 7, scale=0.5, tile=(0, 448)),
    }
    assert len(names) == 5


def test_subsets_go_to_the_folders_that_trainers_know():
    assert [subset_folder(name) for name in ("Validation", "TEST", "", "../x")] == ["val", "test", "train", "x"]
