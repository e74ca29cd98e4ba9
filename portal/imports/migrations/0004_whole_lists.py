"""Price files are taken as a whole, and may stand for whole lists."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("portal_imports", "0003_expected_receipts")]

    operations = [
        migrations.AlterField(
            model_name="importjob",
            name="state",
            field=models.CharField(
                choices=[
                    ("mapping", "Waiting for columns"),
                    ("queued", "Waiting for the worker"),
                    ("running", "Running"),
                    ("confirm", "Waiting for confirmation"),
                    ("done", "Done"),
                    ("refused", "Refused"),
                ],
                default="mapping",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AddField(
            model_name="importjob",
            name="whole_lists",
            field=models.BooleanField(default=False, verbose_name="the file holds whole price lists"),
        ),
        migrations.AddField(
            model_name="importjob", name="missing", field=models.PositiveIntegerField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="importjob", name="confirmed", field=models.PositiveIntegerField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="importjob",
            name="ended",
            field=models.PositiveIntegerField(default=0, verbose_name="prices ended"),
        ),
        migrations.AddField(model_name="importjob", name="written", field=models.BooleanField(default=False)),
    ]
