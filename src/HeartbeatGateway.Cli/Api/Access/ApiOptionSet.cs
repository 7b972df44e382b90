using System.CommandLine;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Access;

/// <summary>The options for the HTTP API of a gateway, which several commands share.</summary>
internal sealed class ApiOptionSet
{
    private readonly Option<string?> _gateway = new("--gateway", "-g")
    {
        Description = $"The address of the gateway's HTTP port. Default: {GatewayAddress.Variable}, else {GatewayAddress.Default}.",
        HelpName = "url",
    };

    private readonly Option<string?> _keyFile = new("--key-file")
    {
        Description = $"A file with the key of the HTTP API. Default: {ApiKeySource.Variable} (the key), else {ApiKeySource.FileVariable} (a file). "
            + "A gateway without keys lets programs on its own machine read.",
        HelpName = "file",
    };

    private readonly Option<string?> _roots = new("--tls-ca")
    {
        Description = "https: PEM file with the trusted CA certificates. No other certificate is trusted. Default: the system's.",
        HelpName = "file",
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_gateway, _keyFile, _roots]) command.Add(option);
    }

    /// <summary>True when <c>--gateway</c> is given.</summary>
    public bool HasGateway(ParseResult parsed) => parsed.GetValue(_gateway) is not null;

    /// <summary>The address that <c>--gateway</c> or the environment gives; null without either.</summary>
    public string? GivenGateway(ParseResult parsed, CliEnvironment environment) =>
        parsed.GetValue(_gateway) ?? (environment.Variable(GatewayAddress.Variable) is { Length: > 0 } variable ? variable : null);

    /// <summary>Reads the options.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="environment">The environment.</param>
    /// <param name="timeout">The time limit for an answer.</param>
    /// <param name="address">The address; null for that of <c>--gateway</c> or the environment.</param>
    /// <exception cref="CliException">A value is wrong, or a file cannot be read.</exception>
    public ApiSettings Read(ParseResult parsed, CliEnvironment environment, TimeSpan timeout, Uri? address = null)
    {
        if (timeout <= TimeSpan.Zero) throw new CliException(ExitCode.Usage, "--timeout must be above 0.");
        address ??= GatewayAddress.Parse(HasGateway(parsed) ? _gateway.Name : GatewayAddress.Variable, GivenGateway(parsed, environment) ?? GatewayAddress.Default);
        var roots = parsed.GetValue(_roots) is { } file ? TlsOptionSet.Roots(file) : null;
        if (roots is not null && address.Scheme != "https")
        {
            throw new CliException(ExitCode.Usage, $"--tls-ca needs an https address, but the gateway is {address}.");
        }

        return new ApiSettings(address, ApiKeySource.Read(parsed.GetValue(_keyFile), environment), roots, timeout);
    }
}
