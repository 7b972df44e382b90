using HeartbeatGateway.Shared.Logging;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Serilog;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Compact;
using Serilog.Formatting.Display;

namespace HeartbeatGateway.Telemetry;

/// <summary>Serilog, on standard output: readable lines in Development, one JSON object a line everywhere else. Levels come from the section <c>Serilog:MinimumLevel</c> and follow its changes.</summary>
internal static class Logging
{
    /// <summary>The key of the logger factory that is not guarded: Serilog's, unless a host has put its own there before.</summary>
    public const string Unguarded = "unguarded";

    /// <summary>Kestrel's loggers: their scope holds a connection's id, which their messages name themselves.</summary>
    private const string Server = "Microsoft.AspNetCore.Server.Kestrel";

    private const string ReadableTemplate = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj}{NewLine}{Exception}";

    /// <summary>
    /// Lines of the framework that say less than ours: that endpoints in code override ASPNETCORE_URLS, which HttpEndpoints has
    /// read, and the stack of a failed start, of which standard error gets a sentence.
    /// </summary>
    private static bool IsMisleading(LogEvent line) =>
        line.MessageTemplate.Text.StartsWith("Overriding address(es)", StringComparison.Ordinal) || line.MessageTemplate.Text == "Hosting failed to start";

    /// <summary>Levels that Serilog would refuse with an exception of its own.</summary>
    public static IEnumerable<string> FindFaults(IConfiguration configuration)
    {
        var levels = configuration.GetSection("Serilog:MinimumLevel");
        return levels.GetSection("Override").GetChildren().Prepend(levels).Prepend(levels.GetSection("Default"))
            .Where(level => level.Value is { Length: > 0 } name && !Enum.GetNames<LogEventLevel>().Contains(name, StringComparer.OrdinalIgnoreCase))
            .Select(level => $"{level.Path} is '{level.Value}', but must be {string.Join(", ", Enum.GetNames<LogEventLevel>())}.");
    }

    /// <param name="isDevelopment">Readable lines, instead of JSON.</param>
    /// <param name="output">Where to; null for standard output.</param>
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
            (_, configuration) => configuration
                .ReadFrom.Configuration(builder.Configuration)
                .Enrich.FromLogContext()
                .Filter.ByExcluding(IsMisleading)
                .WriteTo.Sink(writer, LevelAlias.Minimum),
            preserveStaticLogger: true);

        // One guard for all who log here, the framework too: its accept loops would end with a logger that throws.
        var serilog = builder.Services.Last(s => s.ServiceType == typeof(ILoggerFactory)).ImplementationFactory!;
        builder.Services.TryAddKeyedSingleton(Unguarded, (provider, _) => (ILoggerFactory)serilog(provider));
        builder.Services.AddSingleton(provider => new GuardedLoggerFactory(provider.GetRequiredKeyedService<ILoggerFactory>(Unguarded), withoutScopes: Server));
        builder.Services.AddSingleton<ILoggerFactory>(provider => provider.GetRequiredService<GuardedLoggerFactory>());
    }
}
