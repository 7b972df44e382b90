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

    [Theory]
    [InlineData("leaf intermediate", false)]
    [InlineData("intermediate leaf", false)]
    [InlineData("leaf intermediate", true)]
    [InlineData("intermediate leaf", true)]
    public async Task Sends_the_intermediates_of_the_client_certificate_file_in_any_order(string order, bool keyApart)
    {
        var pki = new ClientPki();
        await using var gateway = new FakeGateway { Certificate = _certificate, AsksForClientCertificate = true };
        var certificates = string.Join('\n', order.Split(' ').Select(name => name == "leaf" ? pki.Leaf : pki.Intermediate));
        var file = Pem("client.pem", keyApart ? certificates : $"{certificates}\n{pki.Key}");
        var key = keyApart ? $"--tls-key {Pem("client.key", pki.Key)}" : "";
        var run = Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync(
            $"connect -e {gateway.Endpoint} --tls-ca {Pem("ca.pem", _certificate.ExportCertificatePem())} --tls-server-name gateway.test "
            + $"--tls-cert {file} {key} --give-up-after 20s"));
        Assert.Equal([["CN=device", "CN=issuing authority"]], gateway.ClientCertificates);
    }

    [Fact]
    public async Task Names_an_encrypted_key_and_a_key_of_another_certificate()
    {
        var pki = new ClientPki();
        var run = Run();
        var certificate = Pem("client.pem", pki.Leaf);
        Assert.Equal(ExitCode.File, await run.LineAsync($"connect --tls-cert {certificate} --tls-key {Pem("encrypted.key", pki.EncryptedKey)}"));
        Assert.Contains("--tls-key: the private key in", run.Errors, StringComparison.Ordinal);
        Assert.Contains("is encrypted; decrypt it", run.Errors, StringComparison.Ordinal);

        run = Run();
        Assert.Equal(ExitCode.File, await run.LineAsync($"connect --tls-cert {certificate} --tls-key {Pem("other.key", new ClientPki().Key)}"));
        Assert.Contains("contain no certificate with its private key", run.Errors, StringComparison.Ordinal);
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
