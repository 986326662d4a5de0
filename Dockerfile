# Two stages: a compiler that stays behind, and a system that has the program, certificates and time zones.
#   docker build --tag thor-cutover .
#   docker run --rm --read-only --tmpfs /tmp --volume evidence:/var/lib/thor-cutover thor-cutover demo
FROM rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
# The build's folder is kept between builds; what leaves it is the program alone.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/source/target \
    cargo build --locked --profile dist \
    && install -D target/dist/thor-cutover /out/thor-cutover \
    && install -d -m 0700 /out/state

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/thor-cutover /usr/bin/thor-cutover
# A volume that is made here begins with this folder's owner.
COPY --from=build --chown=65532:65532 /out/state /var/lib/thor-cutover
ENV THOR_CUTOVER_EVIDENCE=sqlite:/var/lib/thor-cutover/evidence.db
WORKDIR /var/lib/thor-cutover
VOLUME /var/lib/thor-cutover
USER 65532:65532
ENTRYPOINT ["/usr/bin/thor-cutover"]
CMD ["--help"]
