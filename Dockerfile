# syntax=docker/dockerfile:1
# On the builder's own processor, whatever the image is for: the compiler of ReadyToRun code can aim at another.
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0 AS build
ARG TARGETARCH
WORKDIR /source

# The project files first: a change of code does not download the packages again.
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY src/HeartbeatGateway.Protocol/HeartbeatGateway.Protocol.csproj src/HeartbeatGateway.Protocol/
COPY src/HeartbeatGateway.Server/HeartbeatGateway.Server.csproj src/HeartbeatGateway.Server/
COPY src/HeartbeatGateway/HeartbeatGateway.csproj src/HeartbeatGateway/
RUN dotnet restore src/HeartbeatGateway/HeartbeatGateway.csproj --arch $TARGETARCH -p:PublishReadyToRun=true

COPY appsettings.json ./
COPY src/ src/
# Compiled ahead of time it is up a quarter sooner (deploy/README.md has the figures); hot code is compiled again at run time as ever.
RUN dotnet publish src/HeartbeatGateway/HeartbeatGateway.csproj --configuration Release --no-restore --output /app \
      --arch $TARGETARCH --self-contained false -p:UseAppHost=false -p:PublishReadyToRun=true

# Settings can be mounted as a folder, which follows changes where a single mounted file would not. Empty until something is mounted over it.
RUN mkdir -p /settings && echo '{}' > /settings/appsettings.Production.json && ln -s /etc/heartbeatgateway/appsettings.Production.json /app/appsettings.Production.json

# "extra" carries the time zone data that Gateway:Frames:TimeZone needs; nothing in it is a shell.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled-extra
# As in Directory.Build.props; a test compares them.
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="HeartbeatGateway" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.description="TCP heartbeat gateway for fleets of long-lived clients" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY --from=build /settings /etc/heartbeatgateway
COPY --from=build /app ./

# The root file system may be read-only: nothing is written, and the runtime's diagnostics socket in /tmp is not needed.
ENV ASPNETCORE_HTTP_PORTS=8080 \
    DOTNET_EnableDiagnostics=0
USER $APP_UID
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s --retries=3 CMD ["dotnet", "HeartbeatGateway.dll", "--health-check"]
ENTRYPOINT ["dotnet", "HeartbeatGateway.dll"]
