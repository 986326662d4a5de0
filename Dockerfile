# Two stages: a compiler that stays behind, and a system that has the program, git, certificates and time zones, and no
# shell.
#   docker build --tag thor-cutover .
#   docker run --rm --read-only --tmpfs /tmp --volume evidence:/var/lib/thor-cutover thor-cutover demo
FROM rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
ARG FEATURES=""
# The build's folder is kept between builds; what leaves it is the program alone.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/source/target \
    cargo build --locked --profile dist --features "$FEATURES" \
    && install -D target/dist/thor-cutover /out/thor-cutover \
    && install -d -m 0700 /out/state
# git, which knows a checkout's revision and history, with the libraries that the other stage does not have.
RUN libraries=/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH) \
    && install -D -t /out/git/usr/bin /usr/bin/git \
    && install -D -t "/out/git$libraries" "$libraries/libpcre2-8.so.0" "$libraries/libz.so.1"

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/thor-cutover /usr/bin/thor-cutover
COPY --from=build /out/git /
# A volume that is made here begins with this folder's owner.
COPY --from=build --chown=65532:65532 /out/state /var/lib/thor-cutover
ENV THOR_CUTOVER_EVIDENCE=sqlite:/var/lib/thor-cutover/evidence.db
# A checkout that is mounted is another user's.
ENV GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=*
WORKDIR /var/lib/thor-cutover
VOLUME /var/lib/thor-cutover
USER 65532:65532
ENTRYPOINT ["/usr/bin/thor-cutover"]
CMD ["--help"]
