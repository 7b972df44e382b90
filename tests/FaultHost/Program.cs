using HeartbeatGateway;
using HeartbeatGateway.Connections.Messages;
using HeartbeatGateway.FaultHost;
using HeartbeatGateway.Telemetry;

// The service with two parts of its own that do what a test tells them: a message sink that takes orders from clients, and a logger that throws.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
var builder = GatewayHost.CreateBuilder(args);
builder.Services.AddSingleton<IMessageSink>(provider => new ObedientSink(provider));
if (builder.Configuration["FAULT_LOGGER"] == "throws") builder.Services.AddKeyedSingleton<ILoggerFactory>(Logging.Unguarded, (provider, _) => Loggers.Throwing(provider));
await using var app = GatewayHost.Build(builder);
await app.RunAsync();
