using HeartbeatGateway;
using HeartbeatGateway.FaultHost;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Telemetry;
using Microsoft.Extensions.Logging;

// The service with two additional parts for tests: a message sink that executes commands of clients, and a logger that throws.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
var builder = GatewayHost.CreateBuilder(args);
builder.Services.AddSingleton<IMessageSink>(provider => new ScriptedSink(provider));
if (builder.Configuration["FAULT_LOGGER"] == "throws") builder.Services.AddKeyedSingleton<ILoggerFactory>(Logging.Unguarded, (provider, _) => Loggers.Throwing(provider));
await using var app = GatewayHost.Build(builder);
await app.RunAsync();
