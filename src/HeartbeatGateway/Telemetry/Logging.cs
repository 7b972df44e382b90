using Serilog;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Compact;
using Serilog.Formatting.Display;

namespace HeartbeatGateway.Telemetry;

/// <summary>Serilog, on standard output: readable lines in Development, one JSON object a line everywhere else. Levels come from the section <c>Serilog:MinimumLevel</c> and follow its changes.</summary>
internal static class Logging
{
    private const string ReadableTemplate = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj}{NewLine}{Exception}";

    public static BackgroundLogWriter CreateWriter(bool isDevelopment)
    {
        ITextFormatter formatter = isDevelopment
            ? new MessageTemplateTextFormatter(ReadableTemplate)
            : new RenderedCompactJsonFormatter();
        return new BackgroundLogWriter(formatter, Console.OpenStandardOutput());
    }

    public static void Add(WebApplicationBuilder builder, BackgroundLogWriter writer)
    {
        builder.Logging.ClearProviders();
        builder.Services.AddSerilog(
            (_, configuration) => configuration
                .ReadFrom.Configuration(builder.Configuration)
                .Enrich.FromLogContext()
                .WriteTo.Sink(writer, LevelAlias.Minimum),
            preserveStaticLogger: true);
    }
}
