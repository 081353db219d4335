"""Running the pipeline: processes, the single writer, rounds on this machine and the service that never ends."""
