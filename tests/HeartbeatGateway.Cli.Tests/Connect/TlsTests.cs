using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HeartbeatGateway.Cli.Tests.Connect;

public sealed class TlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hbg-tls-").FullName;
    private readonly X509Certificate2 _certificate = SelfSigned("gateway.test");

    public void Dispose()
    {
        _certificate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Trusts_a_self_signed_certificate_that_is_given_as_CA()
    {
        await using var gateway = new FakeGateway { Certificate = _certificate };
        var run = Run();
        var ca = Pem("ca.pem", _certificate.ExportCertificatePem());
        Assert.Equal(ExitCode.Success, await run.LineAsync(
            $"connect -e {gateway.Endpoint} --tls-ca {ca} --tls-server-name gateway.test --give-up-after 20s"));
        Assert.Equal([("message", "safe")], gateway.Messages);
    }

    [Theory]
    [InlineData("--tls")]
    [InlineData("--tls-server-name gateway.test")]
    [InlineData("--tls-ca {0} --tls-server-name another.test")]
    public async Task Refuses_a_certificate_that_is_not_trusted_or_has_another_name(string options)
    {
        await using var gateway = new FakeGateway { Certificate = _certificate };
        options = options.Replace("{0}", Pem("ca.pem", _certificate.ExportCertificatePem()), StringComparison.Ordinal);
        var run = Run();
        Assert.Equal(ExitCode.NoGateway, await run.LineAsync($"connect -e {gateway.Endpoint} {options} --give-up-after 1s"));
        Assert.Contains("certificate", run.Errors, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(gateway.Messages);
    }

    [Theory]
    [InlineData("--tls-ca", "no PEM at all", "contains no certificate in PEM format")]
    [InlineData("--tls-ca", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "contains no readable certificate")]
    [InlineData("--tls-cert", "no PEM at all", "contains no certificate with its private key in PEM format")]
    public async Task Names_a_file_without_a_valid_certificate(string option, string text, string error)
    {
        var run = Run();
        Assert.Equal(ExitCode.File, await run.LineAsync($"connect {option} {Pem("x.pem", text)}"));
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
    }

    private static CliRun Run() => new CliRun { Clock = TimeProvider.System, Input = new MemoryStream("safe\n"u8.ToArray()) }.Set("HBG_SECRET", CliRun.Secret);

    private static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private string Pem(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }
}
