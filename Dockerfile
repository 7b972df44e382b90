# syntax=docker/dockerfile:1
# Runs on the platform of the builder: the ReadyToRun compiler can target another architecture.
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0 AS build
ARG TARGETARCH
WORKDIR /source

# Copies the project files first, so that a code change does not download the packages again.
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY src/HeartbeatGateway.Protocol/HeartbeatGateway.Protocol.csproj src/HeartbeatGateway.Protocol/
COPY src/HeartbeatGateway.Server/HeartbeatGateway.Server.csproj src/HeartbeatGateway.Server/
COPY src/HeartbeatGateway.Epoll/HeartbeatGateway.Epoll.csproj src/HeartbeatGateway.Epoll/
COPY src/HeartbeatGateway.Redis/HeartbeatGateway.Redis.csproj src/HeartbeatGateway.Redis/
COPY src/HeartbeatGateway/HeartbeatGateway.csproj src/HeartbeatGateway/
RUN dotnet restore src/HeartbeatGateway/HeartbeatGateway.csproj --arch $TARGETARCH -p:PublishReadyToRun=true

COPY appsettings.json ./
# Clients may connect over IPv6 and IPv4, as operators may. In the file, so that mounted settings and variables override it.
RUN sed -i 's/"0\.0\.0\.0:8081"/"*:8081"/' appsettings.json && grep -q '"\*:8081"' appsettings.json
COPY src/ src/
# ReadyToRun code shortens the start by a quarter (deploy/README.md has the figures). Hot code is still recompiled at run time.
RUN dotnet publish src/HeartbeatGateway/HeartbeatGateway.csproj --configuration Release --no-restore --output /app \
      --arch $TARGETARCH --self-contained false -p:UseAppHost=false -p:PublishReadyToRun=true

# Settings are mounted as a folder: a mounted folder is updated on changes, a single mounted file is not. The default settings are empty.
RUN mkdir -p /settings && echo '{}' > /settings/appsettings.Production.json && ln -s /etc/heartbeatgateway/appsettings.Production.json /app/appsettings.Production.json

# The "extra" image includes the time zone data that Gateway:Frames:TimeZone needs; it contains no shell.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled-extra
# Equal to VersionPrefix in Directory.Build.props; a test compares them.
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="HeartbeatGateway" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.description="TCP heartbeat gateway for fleets of long-lived clients" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY --from=build /settings /etc/heartbeatgateway
COPY --from=build /app ./

# The root file system may be read-only: the program writes no files, and the diagnostics socket of the runtime in /tmp is disabled.
ENV ASPNETCORE_HTTP_PORTS=8080 \
    DOTNET_EnableDiagnostics=0
USER $APP_UID
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s --retries=3 CMD ["dotnet", "HeartbeatGateway.dll", "--health-check"]
ENTRYPOINT ["dotnet", "HeartbeatGateway.dll"]
