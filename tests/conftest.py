"""What holds for every test: no file grows without bound, also one that a child process writes."""

import resource

LARGEST_FILE = 1 << 30  # bytes; a process that writes more gets an error


def pytest_configure() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, hard))
