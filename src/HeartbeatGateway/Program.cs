using HeartbeatGateway;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Connections.Options;
using HeartbeatGateway.Health;

// Read by the runtime at its first socket, so set before anything else: answers are made on the thread that the socket's event came on.
SetDefault("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
// Mounted configuration changes behind symbolic links, which file-system events do not see.
SetDefault("DOTNET_USE_POLLING_FILE_WATCHER", "1");

try
{
    var builder = GatewayHost.CreateBuilder([.. args.Where(a => !CommandLine.IsCommand(a))]);
    if (CommandLine.Asks(args, CommandLine.HealthCheck)) return await HealthCheckCommand.RunAsync(builder.Configuration);
    if (CommandLine.Asks(args, CommandLine.CheckConfig))
    {
        CheckConfigCommand.Run(builder);
        return 0;
    }

    await using var app = GatewayHost.Build(builder);
    await app.RunAsync();
    return 0;
}
catch (GatewayOptionsException e)
{
    await Console.Error.WriteLineAsync($"HeartbeatGateway cannot start: {e.Message}");
    return 1;
}
catch (IOException e)
{
    // What the host throws when an endpoint cannot be bound; its message names the address.
    await Console.Error.WriteLineAsync($"HeartbeatGateway cannot start: {e.Message}");
    return 1;
}
catch (InvalidDataException e)
{
    await Console.Error.WriteLineAsync($"HeartbeatGateway cannot start: {e.Message} {e.InnerException?.Message}");
    return 1;
}

static void SetDefault(string variable, string value)
{
    if (Environment.GetEnvironmentVariable(variable) is null) Environment.SetEnvironmentVariable(variable, value);
}
