# The image of k8svent: one binary on a distroless base, without a shell, as a user without rights.
#
#   docker buildx build --platform linux/amd64,linux/arm64 \
#     --build-arg BUILD_IMAGE=... --build-arg RUNTIME_IMAGE=... \
#     --build-arg VERSION=0.1.0 --build-arg COMMIT=$(git rev-parse HEAD) --tag k8svent:0.1.0 .
#
# Both bases have to be named, by digest (NAME@sha256:...), so that what is built today is what was checked:
#
#   BUILD_IMAGE    has a shell and the pinned Deno: denoland/deno, tag debian-2.9.6
#   RUNTIME_IMAGE  has a C library and no shell: distroless cc-debian12, tag nonroot
#
# Any images that have as much may stand in their place, as in a network that reaches neither.
ARG BUILD_IMAGE
ARG RUNTIME_IMAGE

# On the builder's own architecture, whatever the image's: Deno compiles for the other one without emulation.
FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS build
ARG TARGETOS
ARG TARGETARCH
ARG COMMIT
# A script that prints a Deno and its runtime, where none can be downloaded.
ARG K8SVENT_TOOLCHAIN
WORKDIR /src
COPY deno.json deno.lock main.ts ./
COPY build build
COPY docs/config.schema.json docs/
COPY src src
RUN deno run -q -P=build build/compile.ts --permissions cluster --target "$TARGETOS-$TARGETARCH" --output /out/k8svent

FROM ${RUNTIME_IMAGE}
ARG VERSION
ARG COMMIT
ARG CREATED
ARG SOURCE
LABEL org.opencontainers.image.title="k8svent" \
      org.opencontainers.image.description="Every pod change in a Kubernetes cluster, signed and delivered to webhooks" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$COMMIT" \
      org.opencontainers.image.created="$CREATED" \
      org.opencontainers.image.source="$SOURCE"
# In a folder of every PATH, so that "kubectl exec ... -- k8svent doctor" finds it.
COPY --from=build --chmod=0555 /out/k8svent /usr/local/bin/k8svent
# By number, so that a cluster that demands runAsNonRoot can see that it is not root.
USER 65532:65532
# It drains for --shutdown-timeout after it.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/k8svent"]
