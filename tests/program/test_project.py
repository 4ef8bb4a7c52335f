"""Which file an import means."""

from __future__ import annotations

import pytest

from trainlint.program.facts import FileFacts
from trainlint.program.project import Project


def find(dotted: str, importer: str, *others: str) -> str | None:
    """Return the file that `dotted`, in the file `importer`, means among these."""
    project = Project(FileFacts(name, ()) for name in (importer, *others))
    here = project.files[0]
    found = project.find(project.absolute(dotted, here), here)
    return None if found is None else found.facts.name


class TestAbsolute:
    @pytest.mark.parametrize(
        ("importer", "dotted", "absolute"),
        [
            ("main.py", "torch.nn", "torch.nn"),
            ("main.py", ".model", "model"),
            ("pkg/train.py", ".model", "pkg.model"),
            ("pkg/train.py", "..model", "model"),
            ("pkg/sub/train.py", "...data.load", "data.load"),
            ("pkg/sub/train.py", "..", "pkg"),
            ("pkg/__init__.py", ".model", "pkg.model"),
            ("pkg/__init__.py", "..model", "model"),
            ("pkg/__init__.py", ".", "pkg"),
            ("/home/me/pkg/train.py", ".model", "home.me.pkg.model"),
            ("../pkg/train.py", ".model", "pkg.model"),
            ("train.py", "....model", "model"),
        ],
    )
    def test_a_relative_name_counts_from_its_file(self, importer: str, dotted: str, absolute: str) -> None:
        project = Project([FileFacts(importer, ())])
        assert project.absolute(dotted, project.files[0]) == absolute


class TestFind:
    def test_a_file_beside_the_importer(self) -> None:
        assert find("model", "train.py", "model.py") == "model.py"
        assert find("model", "src/train.py", "src/model.py") == "src/model.py"

    def test_a_file_of_a_package(self) -> None:
        assert find("pkg.model", "train.py", "pkg/model.py") == "pkg/model.py"
        assert find("pkg.model", "pkg/train.py", "pkg/model.py") == "pkg/model.py"

    def test_a_package_is_its_init_file(self) -> None:
        assert find("pkg", "train.py", "pkg/__init__.py", "pkg/model.py") == "pkg/__init__.py"

    def test_a_relative_import(self) -> None:
        assert find(".model", "pkg/train.py", "pkg/model.py", "model.py") == "pkg/model.py"
        assert find("..model", "pkg/sub/train.py", "pkg/model.py", "model.py") == "pkg/model.py"
        assert find("..model", "pkg/sub/train.py", "model.py") is None

    @pytest.mark.xfail(strict=True, reason="a relative name that reaches the top is looked up like an absolute one")
    def test_a_relative_import_from_the_top_is_not_that_of_a_nearer_file(self) -> None:
        assert find("..model", "pkg/train.py", "pkg/model.py", "model.py") == "model.py"

    def test_the_name_need_not_start_where_the_command_did(self) -> None:
        assert find("pkg.model", "repo/src/train.py", "repo/src/pkg/model.py") == "repo/src/pkg/model.py"
        assert find("pkg.model", "repo/pkg/train.py", "repo/pkg/model.py") == "repo/pkg/model.py"

    def test_of_two_files_of_one_name_the_nearest(self) -> None:
        files = ("first/model.py", "second/model.py")
        assert find("model", "first/train.py", *files) == "first/model.py"
        assert find("model", "second/train.py", *files) == "second/model.py"

    def test_neither_of_two_that_are_as_near(self) -> None:
        assert find("model", "train.py", "first/model.py", "second/model.py") is None

    def test_the_one_at_the_top_before_one_in_a_folder(self) -> None:
        assert find("model", "train.py", "model.py", "other/model.py") == "model.py"

    def test_not_a_file_deep_in_an_unrelated_folder(self) -> None:
        assert find("models", "train.py", "third_party/detector/models.py") is None
        assert find("torch.nn", "train.py", "vendor/torch/nn.py") is None

    def test_not_a_file_of_which_it_is_only_the_beginning(self) -> None:
        assert find("model", "train.py", "model_zoo.py", "models/resnet.py") is None

    def test_what_is_not_there(self) -> None:
        assert find("torch", "train.py", "model.py") is None

    def test_a_file_found_for_one_importer_is_not_taken_for_another(self) -> None:
        project = Project(FileFacts(n, ()) for n in ("a/train.py", "b/train.py", "a/model.py", "b/model.py"))
        found = [project.find("model", importer) for importer in project.files[:2]]
        assert [file and file.facts.name for file in found] == ["a/model.py", "b/model.py"]
