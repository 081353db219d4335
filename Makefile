# The project's chores. `make check` before every commit; `make test` before every push.
.PHONY: check test bench schema format

check:  ## linters, types, import contracts, fast tests
	uv run ruff check .
	uv run ruff format --check .
	uv run mypy
	uv run lint-imports
	uv run pytest -m "not slow" -n 2

test:  ## everything
	uv run pytest -n 3

bench:  ## side-by-side measurements (docs/performance.md)
	uv run python -m benchmarks

format:
	uv run ruff check --fix . || true
	uv run ruff format .

schema:  ## JSON Schemas of config/ for editors
	uv run aggregator check --schema config/schemas

