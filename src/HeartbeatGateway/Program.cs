using HeartbeatGateway.Shared.Logging;
using HeartbeatGateway;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Health;
using HeartbeatGateway.Server.Options;

const int MaxReasonChars = 4096;

// Read by the runtime at its first socket, so set before anything else: answers are made on the thread that the socket's event came on.
SetDefault("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
// Mounted configuration changes behind symbolic links, which file-system events do not see.
SetDefault("DOTNET_USE_POLLING_FILE_WATCHER", "1");

try
{
    CommandLine.Check(args);
    var builder = GatewayHost.CreateBuilder([.. args.Where(a => !CommandLine.IsCommand(a))]);
    if (CommandLine.Asks(args, CommandLine.HealthCheck)) return await HealthCheckCommand.RunAsync(builder.Configuration);
    if (CommandLine.Asks(args, CommandLine.CheckConfig))
    {
        CheckConfigCommand.Run(builder);
        return 0;
    }

    await using var app = GatewayHost.Build(builder);
    var stopping = app.Lifetime.ApplicationStopping;
    try
    {
        await app.RunAsync();
    }
    catch (OperationCanceledException) when (stopping.IsCancellationRequested)
    {
        // Asked to stop before the start was over, which the host tells in this way.
    }

    return 0;
}
catch (Exception e) when (e is GatewayOptionsException or IOException or InvalidDataException)
{
    // IOException: an endpoint cannot be bound. InvalidDataException: a settings file cannot be parsed. Each names what it is about.
    var reason = e is InvalidDataException ? $"{e.Message} {e.InnerException?.Message}" : e.Message;
    await Console.Error.WriteLineAsync($"HeartbeatGateway cannot start: {PrintableText.From(reason, MaxReasonChars)}");
    return 1;
}

static void SetDefault(string variable, string value)
{
    if (Environment.GetEnvironmentVariable(variable) is null) Environment.SetEnvironmentVariable(variable, value);
}
