using System.Runtime.CompilerServices;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Health;
using HeartbeatGateway.Telemetry;

namespace HeartbeatGateway;

/// <summary>The program.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => DescriptorMinimum.IsMet() ? RunAsync(args) : Task.FromResult(1);

    /// <summary>Separate, so that its libraries are loaded after the check of the limit.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<int> RunAsync(string[] args)
    {
        // The runtime reads this variable when it creates its first socket, so it is set before anything else. With it, frames are handled and answered
        // on the thread that received the socket's event.
        SetDefault("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        var hasStarted = false;
        try
        {
            CommandLine.Check(args);
            if (CommandLine.Asks(args, CommandLine.Help) || CommandLine.Asks(args, CommandLine.Version))
            {
                await Console.Out.WriteLineAsync(CommandLine.Asks(args, CommandLine.Help) ? CommandLineHelp.Text : $"HeartbeatGateway {ServiceMetrics.Version}");
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
            using var started = app.Lifetime.ApplicationStarted.Register(() => hasStarted = true);
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
        catch (Exception e) when (!hasStarted)
        {
            await Console.Error.WriteLineAsync($"HeartbeatGateway cannot start: {StartFailure.Describe(e)}");
            if (!StartFailure.IsExplained(e)) await Console.Error.WriteLineAsync(e.ToString());
            return 1;
        }
    }

    private static void SetDefault(string variable, string value)
    {
        if (Environment.GetEnvironmentVariable(variable) is null) Environment.SetEnvironmentVariable(variable, value);
    }
}
