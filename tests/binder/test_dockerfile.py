"""What repo2docker makes of the repository: ``make test-binder``."""

from binder.replay import steps


def test_binder_alone_decides_what_is_built(printed):
    assert steps(printed) == [
        '${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir -r "binder/requirements.txt"',
        "chmod +x binder/postBuild",
        "./binder/postBuild",
        'chmod +x "${REPO_DIR}/binder/start"',
    ]


def test_the_repository_is_there_before_it_is_installed(printed):
    # A file with nothing but a dot in it is installed from too early: repo2docker misreads it.
    copied = printed.index("\nCOPY --chown=0:0 src/ ${REPO_DIR}/")
    assert copied < printed.index("pip install --no-cache-dir")


def test_it_is_python_3_12_and_not_the_default(printed):
    assert "environment-2epy-2d3-2e12-2dlinux" in printed
    assert "Python version unspecified" not in printed


def test_each_visit_begins_with_start(printed):
    assert 'ENV R2D_ENTRYPOINT="${REPO_DIR}/binder/start"' in printed
