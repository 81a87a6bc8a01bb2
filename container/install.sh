#!/bin/sh
# Installs the desk into a folder of its own. The image is built by these steps, and so is what the tests try.
#   container/install.sh dependencies FOLDER    a virtual environment with the locked packages, each by its hash
#   container/install.sh project FOLDER         the desk itself into it, as a wheel: nothing of the source is needed after
set -eu
cd "$(dirname "$0")/.."
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

case "${1:-} ${2:+folder}" in
"dependencies folder")
	"${PYTHON:-python3.11}" -m venv "$2"
	"$2/bin/python" -m pip install --quiet --no-deps --require-hashes -r requirements/run.txt
	;;
"project folder")
	wheels=$(mktemp -d)
	trap 'rm -rf "$wheels"' EXIT
	"$2/bin/python" -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$wheels" .
	"$2/bin/python" -m pip install --quiet --no-deps --no-index "$wheels"/luce-*.whl
	"$2/bin/python" -m pip check
	;;
*)
	echo "usage: container/install.sh dependencies|project FOLDER" >&2
	exit 2
	;;
esac
