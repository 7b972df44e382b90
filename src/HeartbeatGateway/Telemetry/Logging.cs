using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Shared.Logging;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Serilog;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Compact;
using Serilog.Formatting.Display;

namespace HeartbeatGateway.Telemetry;

/// <summary>
/// Serilog on standard output: readable lines in Development, one JSON object per line elsewhere. Levels come from the section
/// <c>Serilog:MinimumLevel</c> and follow its changes.
/// </summary>
internal static class Logging
{
    /// <summary>The service key of the unguarded logger factory: Serilog's, unless a host has registered its own before.</summary>
    public const string Unguarded = "unguarded";

    /// <summary>The category of Kestrel's loggers. Their scope holds the connection's id, which their messages contain anyway.</summary>
    private const string Server = "Microsoft.AspNetCore.Server.Kestrel";

    private const string ReadableTemplate = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj}{NewLine}{Exception}";

    /// <summary>
    /// True for lines of the framework. Two say what overrides ASPNETCORE_URLS and ASPNETCORE_HTTP_PORTS, but HttpEndpoints has read these variables.
    /// The other is the stack trace of a failed start, which standard error reports in one sentence.
    /// </summary>
    private static bool IsMisleading(LogEvent line) =>
        line.MessageTemplate.Text.StartsWith("Overriding address(es)", StringComparison.Ordinal)
        || line.MessageTemplate.Text.StartsWith("Overriding HTTP_PORTS", StringComparison.Ordinal)
        || line.MessageTemplate.Text == "Hosting failed to start";

    /// <summary>Finds invalid levels, which Serilog would otherwise reject with an exception of its own.</summary>
    public static IEnumerable<string> FindFaults(IConfiguration configuration)
    {
        var levels = configuration.GetSection("Serilog:MinimumLevel");
        return levels.GetSection("Override").GetChildren().Prepend(levels).Prepend(levels.GetSection("Default"))
            .Where(level => level.Value is { Length: > 0 } name && !Enum.GetNames<LogEventLevel>().Contains(name, StringComparer.OrdinalIgnoreCase))
            .Select(level => $"{level.Path} is '{level.Value}', but must be {string.Join(", ", Enum.GetNames<LogEventLevel>())}.");
    }

    /// <summary>Checks the whole section <c>Serilog</c>, by making a logger of it and closing that.</summary>
    /// <exception cref="GatewayOptionsException">The section cannot be used.</exception>
    public static void Check(IConfiguration configuration)
    {
        using var logger = ReadSection(new LoggerConfiguration(), configuration).CreateLogger();
    }

    private static LoggerConfiguration ReadSection(LoggerConfiguration logger, IConfiguration configuration)
    {
        try
        {
            return logger.ReadFrom.Configuration(configuration);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException or IOException or BadImageFormatException)
        {
            throw new GatewayOptionsException([$"Serilog: {e.Message}"]);
        }
    }

    /// <param name="isDevelopment">True for readable lines, false for JSON.</param>
    /// <param name="output">The stream to write to; null for standard output.</param>
    public static BackgroundLogWriter CreateWriter(bool isDevelopment, Stream? output)
    {
        ITextFormatter formatter = isDevelopment
            ? new MessageTemplateTextFormatter(ReadableTemplate)
            : new RenderedCompactJsonFormatter();
        return new BackgroundLogWriter(formatter, output ?? new StandardOutput());
    }

    public static void Add(WebApplicationBuilder builder, BackgroundLogWriter writer)
    {
        builder.Logging.ClearProviders();
        builder.Services.AddSerilog(
            (_, configuration) => ReadSection(configuration, builder.Configuration)
                .Enrich.FromLogContext()
                .Filter.ByExcluding(IsMisleading)
                .WriteTo.Sink(writer, LevelAlias.Minimum),
            preserveStaticLogger: true);

        // One guard for all loggers, the framework's included: an exception of a logger would end the framework's accept loops.
        var serilog = builder.Services.Last(s => s.ServiceType == typeof(ILoggerFactory)).ImplementationFactory!;
        builder.Services.TryAddKeyedSingleton(Unguarded, (provider, _) => (ILoggerFactory)serilog(provider));
        builder.Services.AddSingleton(provider => new GuardedLoggerFactory(provider.GetRequiredKeyedService<ILoggerFactory>(Unguarded), withoutScopes: Server));
        builder.Services.AddSingleton<ILoggerFactory>(provider => provider.GetRequiredService<GuardedLoggerFactory>());
    }
}
