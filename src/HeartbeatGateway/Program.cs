using HeartbeatGateway;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Health;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Shared.Logging;
using HeartbeatGateway.Telemetry;

const int MaxReasonChars = 4096;

// The runtime reads this variable when it creates its first socket, so it is set before anything else. With it, frames are handled and answered
// on the thread that received the socket's event.
SetDefault("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

try
{
    CommandLine.Check(args);
    if (CommandLine.Asks(args, CommandLine.Help) || CommandLine.Asks(args, CommandLine.Version))
    {
        await Console.Out.WriteLineAsync(CommandLine.Asks(args, CommandLine.Help) ? Usage.Text : $"HeartbeatGateway {ServiceMetrics.Version}");
        return 0;
    }

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
        // The process was asked to stop before its start had finished. The host reports that with this exception.
    }

    return 0;
}
catch (Exception e) when (e is GatewayOptionsException or IOException or InvalidDataException)
{
    // IOException: an endpoint cannot be bound. InvalidDataException: a settings file cannot be parsed. Each message names the endpoint or the file.
    var reason = e is InvalidDataException ? $"{e.Message} {e.InnerException?.Message}" : e.Message;
    await Console.Error.WriteLineAsync($"HeartbeatGateway cannot start: {PrintableText.From(reason, MaxReasonChars)}");
    return 1;
}

static void SetDefault(string variable, string value)
{
    if (Environment.GetEnvironmentVariable(variable) is null) Environment.SetEnvironmentVariable(variable, value);
}
