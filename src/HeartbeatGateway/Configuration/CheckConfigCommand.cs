using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Telemetry;

namespace HeartbeatGateway.Configuration;

/// <summary><c>--check-config</c>: reports the errors, warnings and limits of a start, without starting the gateway.</summary>
internal static class CheckConfigCommand
{
    /// <exception cref="GatewayOptionsException">The configuration cannot be used.</exception>
    public static void Run(WebApplicationBuilder builder)
    {
        var isDevelopment = builder.Environment.IsDevelopment();
        var options = GatewayConfiguration.ReadForStart(builder.Configuration, isDevelopment);
        HttpEndpoints.Read(builder.Configuration);
        Logging.Check(builder.Configuration);
        if (options.Messages.Sinks.Index().FirstOrDefault(s => s.Item.Kind.Equals(SinkKinds.InProcess, StringComparison.OrdinalIgnoreCase)) is (var index, { } sink))
        {
            throw new GatewayOptionsException([$"Gateway:Messages:Sinks:{index}:Kind is {sink.Kind}, but only a program that embeds the gateway has a sink of its own. Choose another kind."]);
        }

        foreach (var warning in GatewayConfiguration.Warnings(options, isDevelopment)) Console.Out.WriteLine($"Warning: {warning}");
        foreach (var warning in MergedLists.Warnings(builder.Configuration)) Console.Out.WriteLine($"Warning: {warning}");
        var limits = EffectiveLimits.Estimate(options);
        foreach (var warning in PlatformSettings.Warnings(builder.Configuration).Concat(limits.FindUnreachable())) Console.Out.WriteLine($"Warning: {warning}");
        Console.Out.WriteLine($"Effective limits, about: {limits}.");
        Console.Out.WriteLine("The configuration can be used.");
    }
}
