# The reference consumers, as the laboratory of docker-compose.yml runs them.
FROM python:3.11-slim

# Where pip finds packages, for networks with an index of their own; empty means pip's default.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL

WORKDIR /warren
# Dependencies first, in a layer that a change of the code leaves alone.
COPY pyproject.toml README.md ./
RUN pip install --no-cache-dir --root-user-action=ignore .
COPY reference_impl reference_impl

USER nobody
ENTRYPOINT ["python3", "-m", "reference_impl"]
