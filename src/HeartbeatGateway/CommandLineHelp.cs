namespace HeartbeatGateway;

/// <summary>The text of <c>--help</c>.</summary>
internal static class CommandLineHelp
{
    public const string Text = """
        HeartbeatGateway keeps the heartbeat connections of TCP clients.

        Usage: dotnet HeartbeatGateway.dll [command] [--Section:Key=value ...]

        Without a command, the gateway starts and runs until SIGTERM or Ctrl+C.

        Commands:
          --check-config   Report errors and warnings of the configuration and the effective limits, without starting. Exit code 1 on errors.
          --health-check   Ask the gateway that runs with the same HTTP settings whether it is live. Exit code 1 when it is not.
          --version        Print the version.
          --help           Print this text.

        Settings come from appsettings.json, appsettings.Production.json, environment variables and the command line; later ones override earlier ones:
          --Gateway:Heartbeat:ReaderIdle=00:00:10
          Gateway__Heartbeat__ReaderIdle=00:00:10

        Common settings:
          Gateway:Tcp:Endpoint               where clients connect (0.0.0.0:8081)
          Gateway:Tokens:Keys:0:SecretFile   the file of the secret that tokens are made with; required outside Development
          Gateway:Tls:CertificateFile        TLS for clients, with Gateway:Tls:KeyFile
          Gateway:Admission:MaxConnections   open connections (the limit of open files less 256)
          ASPNETCORE_HTTP_PORTS              where /metrics, /livez, /readyz and /healthz are served (8080)

        docs/configuration.md explains all settings.
        """;
}
