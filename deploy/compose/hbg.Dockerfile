# syntax=docker/dockerfile:1
# Image of hbg, to generate load on a gateway from a container. Build it from the root of the repository:
#   docker build --file deploy/compose/hbg.Dockerfile --tag hbg .
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source

COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY src/HeartbeatGateway.Protocol/HeartbeatGateway.Protocol.csproj src/HeartbeatGateway.Protocol/
COPY src/HeartbeatGateway.Client/HeartbeatGateway.Client.csproj src/HeartbeatGateway.Client/
COPY src/HeartbeatGateway.Cli/HeartbeatGateway.Cli.csproj src/HeartbeatGateway.Cli/
RUN dotnet restore src/HeartbeatGateway.Cli/HeartbeatGateway.Cli.csproj

COPY src/ src/
RUN dotnet publish src/HeartbeatGateway.Cli/HeartbeatGateway.Cli.csproj --configuration Release --no-restore --output /app -p:UseAppHost=false

# The "extra" image includes the time zone data that --time-zone needs.
FROM mcr.microsoft.com/dotnet/runtime:10.0-noble-chiseled-extra
LABEL org.opencontainers.image.title="hbg" \
      org.opencontainers.image.description="Command line for HeartbeatGateway" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY --from=build /app ./
ENV DOTNET_EnableDiagnostics=0
USER $APP_UID
ENTRYPOINT ["dotnet", "hbg.dll"]
CMD ["--help"]
