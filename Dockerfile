# The app of coursekit.serve, on a CPU:
#   docker build --build-arg MODEL=model.pt -t classifier .
#   docker run --rm -p 8000:8000 classifier
# docs/hosting.md has the rest.
FROM python:3.12-slim

WORKDIR /app
COPY requirements.lock ./
# For PyTorch without NVIDIA's libraries: --build-arg PIP_EXTRA_INDEX_URL=, the address that pytorch.org shows for CPUs.
ARG PIP_EXTRA_INDEX_URL=
# The versions of the lock, but only of what the app needs.
RUN grep '^[A-Za-z]' requirements.lock | sed 's/ \\$//' > versions.txt \
    && pip install --no-cache-dir --constraint versions.txt \
        torch torchvision timm numpy pillow matplotlib ipython pooch requests tqdm \
        starlette uvicorn httpx python-multipart

ARG MODEL=model.pt
COPY ${MODEL} model.pt
COPY coursekit coursekit

RUN useradd app
USER app
# matplotlib, which the heatmap's module imports, looks for fonts once and notes them here.
ENV MPLCONFIGDIR=/tmp/matplotlib
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["python", "-m", "coursekit.serve", "--model", "model.pt", "--host", "0.0.0.0"]
